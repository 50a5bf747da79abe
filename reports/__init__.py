"""Reports: from run folders to tables, figures and one HTML page.

Nothing here measures anything or imports torch (a test holds that). Figures and tables are pure functions of the rows that
`reports.frames` reads; files are read in `reports.frames` alone and written in `reports.html` and `reports.export` alone.
"""
