using System;

Console.Error.WriteLine("mirror-agent: no command yet");
return 2;
