"""ends 3"""
import no_such_module
