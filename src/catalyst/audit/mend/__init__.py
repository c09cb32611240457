"""What `catalyst audit --fix` changes in a file: few lines, each of them checked by reading the file again."""
