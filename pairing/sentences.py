"""What a box says aloud about pairing."""

SENTENCES = {
    "en": {
        "ready": "Hello. I'm ready to pair.",
        "ready_with_code": "Hello. I'm ready to pair. Press my button, and I'll tell you the set-up code.",
        "code": "The set-up code is: {code} Once more: {code}",
        "on_the_label": "I'm ready to pair. The set-up code is on my label.",
        "open": "For the next {minutes} minutes I'll let one more device in. The set-up code is on my label.",
        "open_with_code": "For the next {minutes} minutes I'll let one more device in. "
        "Press my button, and I'll tell you the set-up code.",
        "open_by_device": "For the next {minutes} minutes I'll let one more device in. The code is on the device that "
        "asked me to.",
        "on_the_device": "The code is on the device that asked me to let another one in.",
        "locked": "Those were too many wrong codes. Press my button, and try again.",
        "paired": "Done. {name} is paired with me.",
        "joined": "I'm in your Wi-Fi now.",
        "data_locked": "My data is locked. I have erased nothing: the recovery key opens it. Until then I remember "
        "nothing, alarms that were set before do not ring, and my microphone is off unless you switch it on.",
        "data_broken": "I can't open my data. I have erased nothing. Until it is repaired I remember nothing, "
        "alarms that were set before do not ring, and my microphone is off unless you switch it on.",
        "household_unknown": "I can't read my records of who belongs to me, so I let nobody in. I have erased nothing.",
        "no_factory_data": "I can't be paired: I can't read what my factory wrote into me.",
    },
    "de": {
        "ready": "Hallo. Ich bin bereit zum Koppeln.",
        "ready_with_code": "Hallo. Ich bin bereit zum Koppeln. Drück meine Taste, dann sage ich den Einrichtungscode.",
        "code": "Der Einrichtungscode ist: {code} Noch einmal: {code}",
        "on_the_label": "Ich bin bereit zum Koppeln. Der Einrichtungscode steht auf meinem Etikett.",
        "open": "In den nächsten {minutes} Minuten lasse ich noch ein Gerät herein. "
        "Der Einrichtungscode steht auf meinem Etikett.",
        "open_with_code": "In den nächsten {minutes} Minuten lasse ich noch ein Gerät herein. "
        "Drück meine Taste, dann sage ich den Einrichtungscode.",
        "open_by_device": "In den nächsten {minutes} Minuten lasse ich noch ein Gerät herein. Der Code steht auf dem "
        "Gerät, das mich darum gebeten hat.",
        "on_the_device": "Der Code steht auf dem Gerät, das mich gebeten hat, ein anderes hereinzulassen.",
        "locked": "Das waren zu viele falsche Codes. Drück meine Taste, und versuch es noch einmal.",
        "paired": "Fertig. {name} ist mit mir gekoppelt.",
        "joined": "Ich bin jetzt in deinem WLAN.",
        "data_locked": "Meine Daten sind gesperrt. Ich habe nichts gelöscht: der Wiederherstellungsschlüssel öffnet "
        "sie. Bis dahin weiß ich nichts mehr, Wecker von vorher klingeln nicht, und mein Mikrofon ist aus, bis du es "
        "einschaltest.",
        "data_broken": "Ich kann meine Daten nicht öffnen. Ich habe nichts gelöscht. Bis das behoben ist, weiß ich "
        "nichts mehr, Wecker von vorher klingeln nicht, und mein Mikrofon ist aus, bis du es einschaltest.",
        "household_unknown": "Ich kann nicht lesen, wer zu mir gehört. Deshalb lasse ich niemanden herein. Ich habe "
        "nichts gelöscht.",
        "no_factory_data": "Ich kann nicht gekoppelt werden: Was mir das Werk mitgegeben hat, kann ich nicht lesen.",
    },
}
