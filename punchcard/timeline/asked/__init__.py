"""What a person may ask of the timeline, and how it reads in words. Nothing here computes, so it is loaded quickly."""
