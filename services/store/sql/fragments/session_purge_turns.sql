-- More turns than one statement can delete in its time.
1000
