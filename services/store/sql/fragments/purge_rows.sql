-- Turns that one chunk of a purge deletes.
200
