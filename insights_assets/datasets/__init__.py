"""What is collected: one module for each dataset, and the manager that fetches them."""
