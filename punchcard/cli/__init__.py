"""The command line. One command a module; each loads what it needs when it runs, so that `--help` is quick."""
