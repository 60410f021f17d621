"""What a secret looks like in text, what only stands for one, and how either is kept out of what is printed."""
