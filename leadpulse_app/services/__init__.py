"""The use cases, with their queries; they neither commit nor format."""
