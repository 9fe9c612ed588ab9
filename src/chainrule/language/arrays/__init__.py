"""Operations along the axes of arrays: shapes, selections, folds and order."""
