"""Run the command line as `python -m voltoken`, the same door as the `voltoken` script."""

from voltoken.cli import main

if __name__ == "__main__":
    main()
