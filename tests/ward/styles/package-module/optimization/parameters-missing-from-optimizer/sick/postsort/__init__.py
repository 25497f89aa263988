"""Sorting letters by the handwriting of their postcode's first digit."""
