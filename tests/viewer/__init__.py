"""What a brand's viewer sees is what they would see if no other brand existed."""
