"""ends 3"""
def train(:
