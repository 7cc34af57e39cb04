"""From validated data to a PDF: pure CPU work without network, clock or environment."""
