using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Agent.Tests.Layers;

/// <summary>Holds the edges between the layers, as the built assemblies have them.</summary>
public sealed class LayerTests
{
    private const string Ours = "MirrorTools.";

    [Theory]
    [InlineData("MirrorTools.Contracts", "")]
    [InlineData("MirrorTools.Engine", "")]
    [InlineData("MirrorTools.Protocols", "")]
    [InlineData("MirrorTools.Simulation", "MirrorTools.Engine")]
    [InlineData("MirrorTools.Cmdlets", "MirrorTools.Contracts")]
    [InlineData("mirror-agent", "MirrorTools.Contracts,MirrorTools.Engine,MirrorTools.Protocols,MirrorTools.Simulation")]
    public void An_assembly_references_the_layers_below_it_only(string assembly, string allowed)
    {
        string[] references = [.. References(assembly).Where(name => name.StartsWith(Ours, StringComparison.Ordinal))];
        Assert.Empty(references.Except(allowed.Split(',')));
    }

    [Theory]
    [InlineData("MirrorTools.Engine", "Microsoft.Extensions.Logging.Abstractions")]
    [InlineData("MirrorTools.Protocols", "Microsoft.Extensions.Logging.Abstractions")]
    [InlineData("MirrorTools.Contracts", "")]
    [InlineData("MirrorTools.Cmdlets", "System.Management.Automation")]
    public void An_assembly_uses_no_package_but_the_one_it_is_allowed(string assembly, string package)
    {
        string[] packages = [.. References(assembly).Where(name => !name.StartsWith(Ours, StringComparison.Ordinal)
            && name is not ("netstandard" or "mscorlib") && !IsOfTheFramework(name))];
        Assert.Empty(packages.Except([package]));
    }

    private static bool IsOfTheFramework(string name) =>
        (name.StartsWith("System.", StringComparison.Ordinal) && !name.StartsWith("System.Management.Automation", StringComparison.Ordinal))
        || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);

    private static IEnumerable<string> References(string assembly)
    {
        using FileStream file = File.OpenRead(PathOf(assembly));
        using PEReader image = new(file);
        MetadataReader metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    // The cmdlets run in PowerShell alone, so nothing here references them: they are read where the build put them.
    private static string PathOf(string assembly)
    {
        string beside = Path.Combine(AppContext.BaseDirectory, assembly + ".dll");
        if (File.Exists(beside))
        {
            return beside;
        }

        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "MirrorTools.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new DirectoryNotFoundException("The repository's root was not found above the tests.");
        }

        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        return Path.Combine(root, "src", assembly, "bin", configuration, "netstandard2.0", assembly + ".dll");
    }
}
