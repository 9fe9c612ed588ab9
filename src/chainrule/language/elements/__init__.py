"""Operations on each element alone: functions, choices and activations."""
