"""ends 3"""
print("nothing to see")
