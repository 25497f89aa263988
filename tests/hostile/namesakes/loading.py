raise RuntimeError('not yours')
