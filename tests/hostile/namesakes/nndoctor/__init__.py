OURS = False
