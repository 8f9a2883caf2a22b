"""Knowledge: one answer in two languages, found by whoever asks for it.

Nouns: article (one answer, English and Chinese paired), version (its words at one time), collection (a shelf
of articles), audience (who may read it), search (words asked and what was found), suggestion (an article
offered as an answer, with its confidence), gap (questions nobody has written an answer to). Knowledge never
answers by itself where it has not been measured, and never shows an article to somebody it was not written
for.
"""
