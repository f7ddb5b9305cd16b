"""What is known of the outside world: loads and types the tables of rules/knowledge and rules/platforms."""
