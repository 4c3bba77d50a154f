"""The exercises themselves, one module for each notebook; the wrong answers they know stand beside them."""
