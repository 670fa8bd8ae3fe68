"""What the tests of the page need: answers of the API, and a server that gives them."""
