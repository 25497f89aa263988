"""`python -m nndoctor` is the command."""

from nndoctor.cli import main

if __name__ == "__main__":
    main()
