"""What the pages show: each handler asks a service and assigns the result."""
