"""FRED, the Federal Reserve Bank of St. Louis: economic series with the day of each release."""
