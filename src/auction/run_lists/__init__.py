"""Run lists: what a desk mails to each venue, and the workbook that holds them."""
