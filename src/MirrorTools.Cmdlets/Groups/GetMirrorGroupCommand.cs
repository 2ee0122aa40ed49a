using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Input;

namespace MirrorTools.Cmdlets.Groups;

/// <summary>Shows consistency groups as one agent sees them.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorGroup")]
[OutputType(typeof(MirrorGroup))]
public sealed class GetMirrorGroupCommand : MirrorCmdlet
{
    /// <summary>Names or ids of groups; wildcards are allowed. All where not given. A pair stands for its group.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Group")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [Names]
    [GroupNames(LeaveOutOthers = true)]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name ?? ["*"])
        {
            Attempt(name, () => Show(name));
        }
    }

    private void Show(string name)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            WriteObject(new MirrorGroup(Ask((client, cancel) => client.Groups.GetAsync(name, cancel)), Asked));
            return;
        }

        var pattern = NamePattern.Of(name);
        foreach (var group in Ask((client, cancel) => client.Groups.ListAsync(cancel)).Where(group => pattern.IsMatch(group.Name)))
        {
            WriteObject(new MirrorGroup(group, Asked));
        }
    }
}
