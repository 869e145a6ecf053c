"""The printed map: any area on one page of A4, as PDF and as PNG."""
