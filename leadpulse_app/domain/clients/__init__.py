"""What other products' analytics clients send, each read as our own events."""
