"""Files on disk that a damaged disk cannot make fail, and the reading of saved JSON."""
