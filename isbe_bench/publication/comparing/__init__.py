"""The comparison of two results folders: as Markdown for readers, as tidy rows for programs."""
