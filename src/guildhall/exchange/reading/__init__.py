"""Reading what an exchange hands over: files and batches of rows become columns of facts, and every row that
cannot be read is named with its line, its field and the reason.

Pure: bytes and a mapping in, Arrow tables out. Whole columns are checked at once; Python looks at single
values only to say what is wrong with them.
"""
