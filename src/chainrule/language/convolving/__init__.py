"""Windows that slide along the axes of an array: convolution and pooling."""
