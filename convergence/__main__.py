"""``python -m convergence``."""

from convergence.cli import main

if __name__ == "__main__":
    main()
