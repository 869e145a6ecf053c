"""ASM gold regions: geodesic buffers around records of gold, traceable to the record."""

__version__ = "0.1.0"
