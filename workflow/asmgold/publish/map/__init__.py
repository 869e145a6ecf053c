"""The printed map: any area on one page of A4, the whole Earth on one of A3, as PDF and as PNG."""
