using MirrorTools.Cmdlets.Connection;
using MirrorTools.HelpGenerator;

const int LeastExamples = 2;
if (args.Length != 2)
{
    Console.Error.WriteLine("Usage: MirrorTools.HelpGenerator <docs/cmdlets> <output.xml>");
    return 2;
}

// What is the same everywhere (-Agent, -WhatIf, -Confirm) is written once.
var common = HelpPageReader.Read(Path.Combine(args[0], "_common.md"));
List<string> faults = [];
List<(CmdletShape, HelpPage)> cmdlets = [];
foreach (var shape in CmdletShape.In(typeof(MirrorCmdlet).Assembly))
{
    var path = Path.Combine(args[0], shape.Name + ".md");
    if (!File.Exists(path))
    {
        faults.Add($"{shape.Name} has no page.");
        continue;
    }

    var page = HelpPageReader.Read(path);
    foreach (var (name, text) in common.Parameters)
    {
        page.Parameters.TryAdd(name, text);
    }

    faults.AddRange(shape.Parameters.Select(parameter => parameter.Name).Distinct().Where(name => !page.Parameters.ContainsKey(name)).Select(name => $"{shape.Name} does not explain -{name}."));
    faults.AddRange(page.Parameters.Keys.Except(common.Parameters.Keys).Where(name => shape.Parameters.TrueForAll(parameter => parameter.Name != name)).Select(name => $"{shape.Name} explains -{name}, which is not there."));
    if (page.Examples.Count < LeastExamples || page.Synopsis.Length == 0)
    {
        faults.Add($"{shape.Name} needs a synopsis and {LeastExamples} examples.");
    }

    cmdlets.Add((shape, page));
}

// The form in which MSBuild takes a line for an error.
faults.ForEach(fault => Console.Error.WriteLine($"docs/cmdlets : error MTHELP: {fault}"));
if (faults.Count > 0)
{
    return 1;
}

MamlWriter.Write(cmdlets).Save(args[1]);
return 0;
