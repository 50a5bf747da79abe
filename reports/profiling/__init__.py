"""The page of a profile: where the time, the launches and the memory of one gradient go, and how close it comes to the device.

`shown` reads the folder, `phases`, `allocations`, `ceilings` and `timeline` are the figures, `words` the sentences that no figure
owns, `page` the whole. Like a report it is made from the folder alone, and the same folder gives the same bytes.
"""
