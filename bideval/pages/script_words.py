"""The words that scripts show; the page carries them in its language (web/static/js/words.js).

Decided here: one message per name. A test keeps this table and the scripts' `say(...)` equal.
"""

from __future__ import annotations

from bideval.pages.names import N_

SCRIPT_WORDS = {
    "line_down": N_("The line to this venue is down. Nothing is lost; try again in a moment."),
    "no_crypto": N_("This browser cannot sign. Use the seat's own browser, or ask the operator."),
    "misdealt": N_(
        "This browser could not seal: the key's shares do not open. Nothing was sent. Try again, "
        "and use another computer if it fails again."
    ),
    "went_wrong": N_("It did not work: {what}. Try again, or ask the operator."),
    "no_key": N_(
        "Your key is not in this browser. Use the machine you signed in on, or ask the operator "
        "for a new code."
    ),
    "link_up": N_("connected"),
    "link_down": N_("line down since {time}"),
    "link_out": N_("signed out"),
    "working": N_("Working …"),
    "done": N_("✓ Done"),
    "time_up": N_("time is up"),
    "days_and": N_("{days} d {clock}"),
    "minutes_left": N_("{minutes} minutes left"),
    "state_loading": N_("… Reading what this machine keeps"),
    "state_locked": N_("✕ No marks can be given here; read the notice"),
    "state_out": N_("✕ Signed out; nothing is sent from here"),
    "state_wrong": N_("✕ Fields in red are not saved; please correct them"),
    "state_refused": N_("✕ {count} not accepted; read the notice above"),
    "state_typing": N_("… Typing"),
    "state_down": N_("△ Kept on this machine, {count} to send; line down since {time}"),
    "state_waiting": N_("△ Kept on this machine, {count} to send"),
    "state_signed": N_("✓ Signed"),
    "state_nothing": N_("○ Nothing to save yet"),
    "state_session": N_("✓ Saved by the session {time}"),
    "state_here": N_("✓ Saved at this venue {time}"),
    "state_paused": N_("△ Paused; kept on this machine, {count} to send"),
    "state_paused_sent": N_("△ Paused; nothing waits to be sent"),
    "mark_not_a_number": N_("Enter a number from {min} to {max}"),
    "mark_out_of_range": N_("Enter a mark from {min} to {max}"),
    "mark_off_step": N_("Enter a mark in steps of {step}, counted from {min}"),
    "other_window": N_("This sheet is open in another window. Close that one to go on here."),
    "signed_out_here": N_(
        "You are signed out. What you typed is kept on this machine; sign in again to send it."
    ),
    "marks_elsewhere": N_(
        "{count} marks that you gave with another key, perhaps on another machine, are in the "
        "record. They are sealed: nobody can show them before all have signed, this machine "
        "neither. Please give these marks again here."
    ),
    "sheet_elsewhere": N_(
        "The scoresheet that you signed with another key, perhaps on another machine, is in the "
        "record and counts. This machine cannot show it. Only if you want to change it, give all "
        "marks again here and sign."
    ),
    "sheet_void": N_(
        "The session was paused just when you signed, so the signature does not count. Your marks "
        "are still here: check and sign once more."
    ),
    "journal_full": N_(
        "This machine's storage is full; what you type is not kept. Call the operator."
    ),
    "not_kept": N_(
        "The mark is not kept: {what}. Your text stays in the field; call the operator."
    ),
    "left": N_("{count} items left"),
    "none_left": N_("all items marked"),
    "page": N_("p. {page}"),
    "no_page": N_("No page noted for this item; Shift F2 notes the page in view"),
    "blank": N_("blank"),
    "why_closed": N_("Scoring is not open."),
    "why_paused": N_("The session is paused."),
    "why_out": N_("You are signed out."),
    "why_signed": N_("This sheet is signed. Return to correct it while scoring is open."),
    "why_wrong": N_("{count} fields are in red."),
    "why_refused": N_("{count} marks were not accepted."),
    "why_unsent": N_("{count} marks still have to reach the venue's server."),
    "why_blank": N_("{count} items are blank, and this tender does not allow blanks."),
    "pdf_none": N_("This bid has no file to show."),
    "pdf_loading": N_("Opening the file …"),
    "pdf_failed": N_(
        "The file does not open. Choose the bid again; if it still does not, tell the operator."
    ),
    "pdf_not_shown": N_(
        "{name} is neither a PDF nor a picture and cannot be shown here. "
        "Tell the procurement officer."
    ),
    "pdf_searching": N_("Searching page {page} of {pages}"),
    "pdf_found": N_("Found on page {page}"),
    "pdf_not_found": N_("Not found"),
    "step_digest": N_("Step 1 of 3: reading the files"),
    "step_seal": N_("Step 2 of 3: sealing"),
    "step_upload": N_("Step 3 of 3: uploading the sealed bid"),
    "name_too_long": N_("A file name may have 120 characters at most."),
    "files_unreadable": N_(
        "Only PDF files and pictures (PNG, JPEG) can be read by the panel. "
        "Please convert the others."
    ),
    "bid_sealed": N_("✓ The bid is sealed and recorded. Keep the receipt below."),
    "releasing": N_("Opening share {done} of {all}"),
    "released": N_("✓ {all} shares released"),
    "release_failed": N_("Not released: {what}"),
    "enrolled": N_("✓ Welcome, {person}"),
    "whole_venue": N_("whole venue"),
    "cells_open": N_("{count} requirements have no answer yet."),
    "reason_needed": N_("{count} failed requirements need a reason."),
    "confirm_responsive": N_("Sign that bid {bid} responds to every substantive requirement?"),
    "confirm_unresponsive": N_("Sign that bid {bid} is unresponsive, with the reasons given?"),
    "check_passed": N_("passed"),
    "check_failed": N_("not passed"),
    "checks_passed": N_("✓ This seat is ready."),
    "checks_failed": N_("✕ {count} checks failed. What to do stands beside each."),
    "uploading": N_("Uploading {name}"),
    "tender_read": N_("✓ Read: {criteria} criteria, {requirements} requirements"),
    "tender_unreadable": N_("The file is not a tender in JSON."),
}
