"""The only writers of knowledge, a file for each noun."""
