// cutoff
