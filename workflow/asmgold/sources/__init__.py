"""Readers: from the bytes of a source to rows or to a layer, without classifying them."""
