"""The files of a relknit model: `relknit.load("everyday-minilm")`."""
