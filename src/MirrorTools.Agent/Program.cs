using MirrorTools.Agent.Commands;

return await CommandLine.RunAsync(args);
