from .classifier import Classifier
from .encoder import Encoder

__all__ = ["Classifier", "Encoder"]
