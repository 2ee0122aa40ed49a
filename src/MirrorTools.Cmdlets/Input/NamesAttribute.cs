using System.Collections;
using System.Management.Automation;
using MirrorTools.Cmdlets.Agents;
using MirrorTools.Cmdlets.Connection;

namespace MirrorTools.Cmdlets.Input;

/// <summary>
/// Takes names, and nothing that PowerShell would only make a name of: an agent from the pipeline is one to ask, and goes to -Agent; no value at all is a variable that was never set, and must not
/// mean everything there is.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NamesAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        Check(inputData);
        if (Unwrap(inputData) is IEnumerable items and not string)
        {
            foreach (var item in items)
            {
                Check(item);
            }
        }

        return inputData;
    }

    private static void Check(object? name)
    {
        switch (Unwrap(name))
        {
            case null:
                throw new ArgumentTransformationMetadataException("A name is missing: $null was given. Leave the parameter out to have all.");
            case MirrorAgent or MirrorAgentReference:
                throw new ArgumentTransformationMetadataException("An agent is no name here. Give it with -Agent.");
        }
    }

    private static object? Unwrap(object? data) => data is PSObject wrapped ? wrapped.BaseObject : data;
}
