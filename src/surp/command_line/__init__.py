"""What the subcommands of `surp` share: options, and progress of long work."""
