"""Tables of the documents, one module per document."""
