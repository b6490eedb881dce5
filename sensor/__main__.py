"""`python -m sensor`: the command `lanwitness`."""

from sensor.cli.main import main

if __name__ == "__main__":
    main()
