"""What the pipeline found, written for others: JSON Lines records, the terminal page."""
