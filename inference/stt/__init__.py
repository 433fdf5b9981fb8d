"""Speech to text behind one small protocol; the embedded default is pocketsphinx with a grammar of what may be said."""
